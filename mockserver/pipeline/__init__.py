"""A request becomes a response: guards, validation, the action, refusals."""
