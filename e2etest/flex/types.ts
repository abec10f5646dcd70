// What the plugin says of Flex and of the Conversations SDK, held against their own declarations: make flex.
import type * as RealFlex from "@twilio/flex-ui";
import type * as RealReact from "react";
import type { Client, Conversation, Message } from "@twilio/conversations";
import type { Flex, Manager, React, SDKConversation, SDKMessage } from "../../js/types/agent/flex/host.js";
import { sealFlex } from "../../js/types/agent/flex/index.js";
import { over } from "../../js/types/client/foreign.js";
import { twilio } from "../../js/types/client/transports/twilio.js";

declare const flex: typeof RealFlex;
declare const manager: RealFlex.Manager;
declare const react: typeof RealReact;
declare const conversation: Conversation;
declare const message: Message;

declare const client: Client;

export const all: [Flex<RealReact.ReactElement, RealFlex.NotificationType, RealFlex.NotificationEvent>, Manager, React<RealReact.ReactElement>, SDKConversation, SDKMessage] = [flex, manager, react, conversation, message];

sealFlex(flex, manager, { client: () => Promise.reject(new Error("none")), over: over(), transport: (own) => twilio({ client, conversation: own }), React: react });
