"""The verbs: each is one transaction, takes *key*, *actor* and *now*, and never calls another service's verb."""
