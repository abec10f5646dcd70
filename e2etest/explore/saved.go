package explore

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/sealwire/sealwire/wasm/conversation"
)

// lost names a field in which a conversation that was loaded is another than
// the one that was saved; "": none. That both encode to the same bytes does not
// say it, for what is never written is the same in both.
func lost(was, is *conversation.Conversation) string {
	a, b := reflect.ValueOf(was).Elem(), reflect.ValueOf(is).Elem()
	for i := range a.NumField() {
		name := a.Type().Field(i).Name
		if name == "end" { // the same
			continue
		}
		if at := differs(a.Field(i), b.Field(i)); at != "" {
			return name + at
		}
	}
	return ""
}

// differs says where two values differ. Nothing and what is empty are the same;
// functions are not compared.
func differs(a, b reflect.Value) string {
	switch a.Kind() {
	case reflect.Func:
	case reflect.Pointer:
		switch {
		case a.IsNil() != b.IsNil():
			return " is nil in one"
		case !a.IsNil() && a.Pointer() != b.Pointer():
			return differs(a.Elem(), b.Elem())
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if at := differs(a.Field(i), b.Field(i)); at != "" {
				return "." + a.Type().Field(i).Name + at
			}
		}
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return fmt.Sprintf(" has %d, then %d", a.Len(), b.Len())
		}
		if a.Type().Elem().Kind() == reflect.Uint8 {
			if !bytes.Equal(a.Bytes(), b.Bytes()) {
				return " has other bytes"
			}
			return ""
		}
		for i := range a.Len() {
			if at := differs(a.Index(i), b.Index(i)); at != "" {
				return fmt.Sprintf("[%d]%s", i, at)
			}
		}
	default:
		if !a.Equal(b) {
			return fmt.Sprintf(" was %v and is %v", a, b)
		}
	}
	return ""
}
