import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const version = '5.0.6';

/** Where tests and benchmarks keep what they fetched between runs, outside the repository. */
export function cachedAs(name: string): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'playhead', name);
}

/** 66 MB that never change. */
const cacheDir = cachedAs(`cassandra-${version}`);

/**
 * The folder of Cassandra's jars, fetched from Maven Central on first use.
 *
 * Errors: throws when `java` or `mvn` is missing or the download fails, saying what to do.
 */
export async function cassandraJars(): Promise<string> {
  await run('java', ['-version']).catch((cause: unknown) => {
    throw new Error('No `java`: install Java 17, or set CASSANDRA_CONTACT_POINTS.', { cause });
  });
  if (!existsSync(cacheDir)) await download();
  return cacheDir;
}

/** Whether they were fetched before: only then is there no need of `mvn`. */
export function hasCassandraJars(): boolean {
  return existsSync(cacheDir);
}

async function download(): Promise<void> {
  await mkdir(join(cacheDir, '..'), { recursive: true });
  const folder = await mkdtemp(`${cacheDir}-`);
  try {
    await writeFile(join(folder, 'pom.xml'), pom);
    const jars = join(folder, 'jars');
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime'];
    const options = { cwd: folder, timeout: 300_000 };
    await run('mvn', ['-q', '-B', ...goal, `-DoutputDirectory=${jars}`], options).catch(
      (cause: unknown) => {
        throw new Error('`mvn` could not fetch Cassandra; or set CASSANDRA_CONTACT_POINTS.', {
          cause,
        });
      },
    );
    // Two runs may have fetched at the same time: the first one's folder is as good.
    await rename(jars, cacheDir).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(cacheDir)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>playhead</groupId><artifactId>cassandra-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId><artifactId>cassandra-all</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;
