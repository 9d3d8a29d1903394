"""The site: documentation, claims, notebooks and figures of one study as pages that open from a folder."""
