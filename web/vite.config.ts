import { defineConfig, type Plugin } from "vite";

const SERVER = "http://127.0.0.1:8080";

/** `vite dev` shows the pages where the edge does; media and WHIP come from a running server. */
function rooms(): Plugin {
  return {
    name: "levelchat-rooms",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const page = /^\/(watch|publish)\/[^/?]+/.exec(request.url ?? "");
        if (page) {
          request.url = `/${page[1]}.html`;
        }
        next();
      });
    },
  };
}

export default defineConfig({
  plugins: [rooms()],
  server: { proxy: { "/live": SERVER, "/v1": SERVER } },
  build: {
    target: "es2022",
    // The pages' content security policy allows files only: no data: URL, no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: { input: ["index.html", "watch.html", "publish.html"] },
  },
});
