"""The REST API: typed routes, who may call them, and the OpenAPI that describes them."""
