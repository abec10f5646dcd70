// What Flex expects of a bundler that knows Node's names.
export const process = { env: { NODE_ENV: "production" }, browser: true, version: "", versions: {}, nextTick: (act) => Promise.resolve().then(act) };
export { Buffer } from "buffer";
