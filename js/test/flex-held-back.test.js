/** What is not shown, sent or taken for plain, where one line of the plugin decides. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Knowledge } from "../agent/flex/knowledge.js";
import { shownOf } from "../agent/flex/shown.js";
import { message, sdk } from "./flex-sdk.js";

const name = "AAAAAAAAAAAAAAAAAAAAAA";

test("plaintext beside an opaque file is told of, and not shown", () => {
  const found = /** @type {const} */ ({ kind: "unread" });
  const shown = shownOf({ body: "please pay to DE00 1234", attachedMedia: [{ filename: name }] }, found);
  assert.match(shown?.text ?? "", /was not encrypted/);
  assert.equal(shownOf({ body: "", attachedMedia: [{ filename: name }] }, found), null);
});

test("a conversation that began sealed is sealed, however much came after it in the clear", async () => {
  const after = Array.from({ length: 250 }, (_, i) => message(`line ${i}`));
  const { conversation } = sdk("CH1", [message("sealwire:1:AQECAA"), ...after]);
  const all = (await conversation.getMessages(250)).items;
  conversation.getMessages = async (/** @type {number} */ size, anchor = all.length - size) => {
    const page = { items: all.slice(Math.max(0, anchor), anchor + size), hasNextPage: false, nextPage: async () => page };
    return page;
  };
  assert.equal(await new Knowledge({}).learn(conversation), "sealed");
});
