// The real Flex UI and the host's own React, as the globals that a plugin finds them under.
import React from "react";
import ReactDOM from "react-dom";
import * as Redux from "redux";
import * as ReactRedux from "react-redux";
import * as ReactRouterDOM from "react-router-dom";
import { EventEmitter } from "events";

Object.assign(window, { React, ReactDOM, Redux, ReactRedux, ReactRouterDOM, EventEmitter });
// After the globals: modules that are required run here, imported ones before.
window.Flex = require("@twilio/flex-ui");
