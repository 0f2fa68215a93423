"""The fleet over HTTP for programs: everything that the pages do, as JSON under `/api/1/`."""
