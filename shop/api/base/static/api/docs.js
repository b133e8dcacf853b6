/* The docs page of the Store API. Nothing here is anybody's: no token is kept, none is sent. */
window.ui = SwaggerUIBundle({
  url: document.getElementById("api-docs").dataset.schema,
  dom_id: "#api-docs",
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false,
});
