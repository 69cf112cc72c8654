import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { build } from 'vite';
import { builtFolder, builtFrom, demoFolder } from './built.ts';

/**
 * Builds the page into the folder of its sources' hash, which appears whole or not at all, and takes
 * older builds away. Does nothing when that build is there.
 */
const wanted = builtFrom();
if (!existsSync(wanted)) {
  mkdirSync(builtFolder, { recursive: true });
  const outDir = mkdtempSync(`${builtFolder}.making-`);
  await build({
    root: demoFolder,
    base: '/demo/',
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      // Every file by its own address: the page may load what this origin serves, and no data: script.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
  // Another process may have been faster, with the same result.
  if (existsSync(wanted)) rmSync(outDir, { recursive: true });
  else renameSync(outDir, wanted);
  for (const entry of readdirSync(builtFolder)) {
    if (!wanted.endsWith(`/${entry}/`))
      rmSync(builtFolder + entry, { recursive: true, force: true });
  }
}
process.stdout.write(`${wanted}\n`);
