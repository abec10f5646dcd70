package blob

import "os"

// TestingOnlyDisk replaces how files are written and synced. Nil is the real way.
func (d *Directory) TestingOnlyDisk(write func(*os.File, []byte) (int, error), sync func(*os.File) error) {
	d.testingOnlyWrite, d.testingOnlySync = (*os.File).Write, (*os.File).Sync
	if write != nil {
		d.testingOnlyWrite = write
	}
	if sync != nil {
		d.testingOnlySync = sync
	}
}
