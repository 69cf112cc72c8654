import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** React's own files as one module for a browser: they are CommonJS, and this repository bundles nothing. */
export function reactModule(): string {
  const required = new Map<string, string>([
    ['react', 'react/cjs/react.development.js'],
    ['scheduler', 'scheduler/cjs/scheduler.development.js'],
    ['react-dom', 'react-dom/cjs/react-dom.development.js'],
    ['react-dom/client', 'react-dom/cjs/react-dom-client.development.js'],
  ]);
  const modules = [...required].map(([name, file]) => {
    const text = readFileSync(`node_modules/${file}`, 'utf8');
    return `${JSON.stringify(name)}: (module, exports, require) => {${text}\n}`;
  });
  const names = Object.keys(createRequire(import.meta.url)('react')).filter((name) =>
    /^[a-z]\w*$/i.test(name),
  );
  return `const process = { env: { NODE_ENV: 'development' } };
const modules = { ${modules.join(',\n')} };
const loaded = {};
const load = (name) => {
  if (loaded[name] === undefined) {
    const module = loaded[name] = { exports: {} };
    modules[name](module, module.exports, load);
  }
  return loaded[name].exports;
};
export const { ${names.join(', ')} } = load('react');
export const { createRoot } = load('react-dom/client');`;
}
