"""Generated inputs against everything that reads what others send: `in_process` a million, `over_http` 100,000."""
