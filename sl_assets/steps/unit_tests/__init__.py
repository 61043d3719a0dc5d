"""Unit tests of a project's loads and transforms, in Starlake's folders: given rows and files, expected rows."""
