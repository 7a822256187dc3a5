"""The modules of dosai.testing without the package around them, which would load the library."""
import os

__path__ = [os.path.abspath(os.path.join(os.path.dirname(__file__), "../../bindings/python/dosai/testing"))]
