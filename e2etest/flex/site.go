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
// under /flex.js, the cloud under /cloud and the company under /company.
func Site(cloud *Cloud, company *Company, bundle string) http.Handler {
	own, err := fs.Sub(pages, "page")
	if err != nil {
		panic("flex: " + err.Error())
	}
	mux := http.NewServeMux()
	mux.Handle("/cloud", cloud)
	mux.Handle("/company", company)
	mux.Handle("/company/", company)
	mux.HandleFunc("/flex.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, bundle) })
	mux.Handle("/js/", http.StripPrefix("/js/", http.FileServerFS(js.Files())))
	mux.Handle("/", http.FileServerFS(own))
	return mux
}
