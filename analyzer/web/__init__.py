"""The review in the browser: pages from the server over the library, a small script for keys, all from here."""
