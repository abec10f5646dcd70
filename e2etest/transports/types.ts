// The Twilio adapter, and the fake that its tests run over, held against the SDK's own types of each version.
import type { Client as Client21, Conversation as Conversation21, Media as Media21, Message as Message21 } from "twilio-conversations-2.1";
import type { Client as Client25, Conversation as Conversation25, Media as Media25, Message as Message25 } from "twilio-conversations-2.5";
import type { Client as Client30, Conversation as Conversation30, Media as Media30, Message as Message30 } from "twilio-conversations-3.0";
import type { Channel, StreamChat } from "stream-chat";
import type { StreamChannel, StreamClient } from "../../js/client/transports/stream.js";
import type { TwilioClient, TwilioConversation } from "../../js/client/transports/twilio.js";
import type { FakeClient, FakeConversation, FakeMedia, FakeMessage } from "../../js/test/transport-twilio-fake.js";

// What the adapters ask for, the libraries have.
export const takes = {
  "2.1": (client: Client21, conversation: Conversation21): { client: TwilioClient; conversation: TwilioConversation } => ({ client, conversation }),
  "2.5": (client: Client25, conversation: Conversation25): { client: TwilioClient; conversation: TwilioConversation } => ({ client, conversation }),
  "3.0": (client: Client30, conversation: Conversation30): { client: TwilioClient; conversation: TwilioConversation } => ({ client, conversation }),
  stream: (client: StreamChat, channel: Channel): { client: StreamClient; channel: StreamChannel } => ({ client, channel }),
};

// What the fake has, the SDK has in the same shape: what it returns is of the SDK's type, what the SDK takes it takes.
type Fits<Fake, Real> = [Fake] extends [Real] ? true : false;
type Call = (...args: never[]) => unknown;
type Answers<Fake extends Call, Real extends Call> = Fits<Awaited<ReturnType<Fake>>, Awaited<ReturnType<Real>>>;
type Takes<Fake extends Call, Real extends Call> = Fits<Required<Parameters<Real>>[0], Required<Parameters<Fake>>[0]>;

interface Sdk {
  client: { connectionState: string; user: { identity: string } };
  conversation: { limits: FakeConversation["limits"]; sendMessage: Call; getMessages: Call };
  message: { index: number; author: string | null; body: string | null; type: string };
  media: { filename: string | null; contentType: string; size: number; getContentTemporaryUrl: Call };
}

interface Shape<Real extends Sdk> {
  state: Fits<FakeClient["connectionState"], Real["client"]["connectionState"]>;
  identity: Fits<FakeClient["user"]["identity"], Real["client"]["user"]["identity"]>;
  limits: Fits<FakeConversation["limits"], Pick<Real["conversation"]["limits"], keyof FakeConversation["limits"]>>;
  sent: Answers<FakeConversation["sendMessage"], Real["conversation"]["sendMessage"]>;
  sends: Takes<FakeConversation["sendMessage"], Real["conversation"]["sendMessage"]>;
  pages: Takes<FakeConversation["getMessages"], Real["conversation"]["getMessages"]>;
  page: Fits<keyof Awaited<ReturnType<Real["conversation"]["getMessages"]>>, keyof Awaited<ReturnType<FakeConversation["getMessages"]>>>;
  message: Fits<Omit<FakeMessage, "attachedMedia">, Pick<Real["message"], "index" | "author" | "body" | "type">>;
  media: Fits<Pick<FakeMedia, "filename" | "contentType" | "size">, Pick<Real["media"], "filename" | "contentType" | "size">>;
  url: Answers<FakeMedia["getContentTemporaryUrl"], Real["media"]["getContentTemporaryUrl"]>;
}

type Check<T extends Record<keyof T, true>> = T;
export type Shapes = [
  Check<Shape<{ client: Client21; conversation: Conversation21; message: Message21; media: Media21 }>>,
  Check<Shape<{ client: Client25; conversation: Conversation25; message: Message25; media: Media25 }>>,
  Check<Shape<{ client: Client30; conversation: Conversation30; message: Message30; media: Media30 }>>,
];
