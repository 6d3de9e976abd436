"""`ctb lsp`: a language server for editors, over the checks that read the text and the last replay.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""
