// Builds three pages into dist/: the HTML, and scripts and styles with hashed names, split so that each page loads only
// what it needs.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type HtmlTagDescriptor, type Plugin } from "vite";

export default defineConfig({
  base: "./", // the service may be mounted under a path
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 5000,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: ["index.html", "explorer.html", "graph.html"].map((page) => resolve(page)) },
  },
  worker: { format: "es" },
  server: { fs: { allow: [".."] }, proxy: { "/graphql": { target: "http://127.0.0.1:8000", ws: true } } },
  plugins: [preloadEditor(), precompress()],
});

/** Lets the explorer's page load the editor in parallel with its other scripts: GraphiQL imports it dynamically. */
function preloadEditor(): Plugin {
  return {
    name: "preload-editor",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle, filename }) {
        if (!filename.endsWith("explorer.html")) return [];
        const editor = Object.values(bundle ?? {}).find(
          ({ type, name }) => type === "chunk" && name === "monaco-editor",
        );
        if (editor?.type !== "chunk") throw new Error("The bundle has no chunk named monaco-editor.");
        const link = (href: string, attrs: Record<string, string>): HtmlTagDescriptor => ({
          tag: "link",
          attrs: { ...attrs, crossorigin: true, href: `./${href}` },
          injectTo: "head",
        });
        return [
          ...[editor.fileName, ...editor.imports].map((name) => link(name, { rel: "modulepreload" })),
          ...[...(editor.viteMetadata?.importedCss ?? [])].map((name) => link(name, { rel: "preload", as: "style" })),
        ].filter(({ attrs }) => !html.includes(String(attrs?.href)));
      },
    },
  };
}

/** Replaces every asset by its brotli and gzip versions. The service unpacks one for a client that accepts neither. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    writeBundle(options) {
      const folder = join(options.dir ?? "dist", "assets");
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        const content = readFileSync(path);
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: quality }));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        rmSync(path);
      }
    },
  };
}
