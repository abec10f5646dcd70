// What the plugin says of Flex and of the Conversations SDK, held against their own declarations: make flex.
import type * as RealFlex from "@twilio/flex-ui";
import type * as RealReact from "react";
import type { Conversation, Message } from "@twilio/conversations";
import type { Flex, Manager, React, SDKConversation, SDKMessage } from "../../js/types/agent/flex/host.js";
import { sealFlex } from "../../js/types/agent/flex/index.js";

declare const flex: typeof RealFlex;
declare const manager: RealFlex.Manager;
declare const react: typeof RealReact;
declare const conversation: Conversation;
declare const message: Message;

export const all: [Flex, Manager, React, SDKConversation, SDKMessage] = [flex, manager, react, conversation, message];

declare const transport: { readonly name: string };
declare const over: { add(one: typeof transport): void; conversations(one: typeof transport): string[]; place(one: typeof transport, sequence: number): undefined };

sealFlex(flex, manager, { client: () => Promise.reject(new Error("none")), over, transport: () => transport, React: react });
