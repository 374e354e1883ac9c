// Three pages, each with what it needs and no more; everything else is cut into files with hashed names.
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
  plugins: [early(), compressed()],
});

/** The editor is fetched while the rest of the explorer is still read, not when GraphiQL comes to ask for it. */
function early(): Plugin {
  return {
    name: "early",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle, filename }) {
        if (!filename.endsWith("explorer.html")) return [];
        const editor = Object.values(bundle ?? {}).find((one) => one.type === "chunk" && one.name === "monaco-editor");
        if (editor?.type !== "chunk") throw new Error("There is no chunk of the name monaco-editor.");
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

/** Every file as it is sent, brotli and gzip; the plain one is made from these for who knows neither. */
function compressed(): Plugin {
  return {
    name: "compressed",
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
