// Package flex runs the plugin of js/agent/flex in the real Flex UI: the
// bundle of @twilio/flex-ui 2.17.1 and the host's React 17, in Chromium, with
// what a person types in its box and presses on it.
//
// It promises that nothing of Flex is faked between the box and the call of the
// Conversations SDK. What is faked is the SDK's objects (page/sdk.js) and the
// cloud behind them ([Cloud]), which keeps every frame that a browser sent: that
// record is what the tests search for plaintext. Login, TaskRouter and Twilio's
// own servers are not here, so nothing is said of them.
//
// The packages take 640 MB. `make flex` installs them, bundles once, and runs
// the tests; without SEALWIRE_FLEX, which it sets, they skip, so that `make
// test` never needs them.
package flex
