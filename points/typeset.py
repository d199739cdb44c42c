"""The typesetter: a process of its own for each PDF, run by path, so that it loads nothing of the site.

Typst keeps what it laid out for as long as its process lives: a run of 500 cards would stay in the server's memory,
about 100 MB, and with it the codes and PINs on the paper. It reads (files, folder of fonts) from its input, pickled by
`points.pdf`, and writes the PDF.
"""

import pickle
import sys

import typst

if __name__ == "__main__":
    files, fonts = pickle.load(sys.stdin.buffer)
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    sys.stdout.buffer.write(typst.compile(files, font_paths=found, ignore_system_fonts=True))
