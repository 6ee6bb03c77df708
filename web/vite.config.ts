import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const SERVER = "http://127.0.0.1:8080";

/** `vite dev` shows the pages where the edge does; media and WHIP come from a running server. */
function rooms(): Plugin {
  return {
    name: "levelchat-rooms",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const page = /^\/(watch|publish|stage)\/[^/?]+/.exec(request.url ?? "");
        if (page) {
          request.url = `/${page[1]}.html`;
        }
        next();
      });
    },
  };
}

/** Puts a compressed twin beside each text, for servers that send it to who takes gzip. */
function compressed(): Plugin {
  return {
    name: "levelchat-compressed",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      for (const name of Object.keys(bundle).filter((file) => file.startsWith("assets/"))) {
        const file = join(dir, name);
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [rooms(), compressed()],
  server: { proxy: { "/live": SERVER, "/v1": SERVER } },
  build: {
    target: "es2022",
    // The pages' content security policy allows files only: no data: URL, no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: { input: ["index.html", "watch.html", "publish.html", "stage.html"] },
  },
});
