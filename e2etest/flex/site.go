package flex

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/sealwire/sealwire/js"
)

//go:embed page
var pages embed.FS

// Site serves the pages, the package under /js/, the bundle of the real Flex UI
// under /flex.js, and the cloud under /cloud.
func Site(cloud *Cloud, bundle string) http.Handler {
	own, err := fs.Sub(pages, "page")
	if err != nil {
		panic("flex: " + err.Error())
	}
	mux := http.NewServeMux()
	mux.Handle("/cloud", cloud)
	mux.HandleFunc("/flex.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, bundle) })
	mux.Handle("/js/", http.StripPrefix("/js/", http.FileServerFS(js.Files())))
	mux.Handle("/", http.FileServerFS(own))
	return mux
}
