import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** One step of the keyspace's tables: a numbered `.cql` file, never changed once it was applied. */
export interface Migration {
  number: number;
  /** Of the file, such as `001-profile-state.cql`. */
  file: string;
  /** SHA-256 of the file's text. */
  checksum: string;
  /** Each may run twice: a crash between a statement and its record repeats it. */
  statements: readonly string[];
}

/** This release's own. */
export const migrationsFolder = new URL('./migrations/', import.meta.url);

/**
 * The migrations of a folder, in order.
 *
 * Errors: Error naming the file when the numbers are not 1, 2, 3 … or a file holds no statement.
 */
export async function readMigrations(folder: URL = migrationsFolder): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.cql')).sort();
  return Promise.all(
    files.map(async (file, index) => {
      const number = Number(/^(\d{3})-[a-z0-9-]+\.cql$/.exec(file)?.[1]);
      if (number !== index + 1) throw new Error(`${file}: expected migration ${index + 1} here.`);
      const text = await readFile(new URL(file, folder), 'utf8');
      const statements = statementsOf(text);
      if (statements.length === 0) throw new Error(`${file}: there is no statement in it.`);
      return {
        number,
        file,
        checksum: createHash('sha256').update(text).digest('hex'),
        statements,
      };
    }),
  );
}

/** Statements end with a semicolon at the end of a line; `--` begins a comment. */
function statementsOf(text: string): string[] {
  return text
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
