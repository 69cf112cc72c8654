import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readConfig, settings } from '../../runtime/config.ts';
import {
  environmentOf,
  ownServices,
  productionPath,
  readCompose,
  type Service,
} from './compose-file.ts';

const compose = readCompose();
const services = Object.entries(compose.services);
const own = ownServices(compose);
const production = readCompose(productionPath);
const text = (file: string) => readFileSync(file, 'utf8');
const lines = (file: string) => text(file).split('\n');
const isJob = ({ restart, healthcheck }: Service) => restart === 'no' && healthcheck === undefined;
const namesWhere = (is: (service: Service) => boolean) =>
  services.filter(([, service]) => is(service)).map(([name]) => name);

/** The port that the service's process listens on. */
function portOf(name: string, service: Service): string {
  const key = name === 'gateway' ? 'PORT' : `${name.toUpperCase()}_PORT`;
  return environmentOf(service)[key] ?? 'none';
}

/** What the image is made of, in the order of its COPY lines. */
const copied = lines('deploy/Dockerfile')
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .flatMap((line) => line.split(' ').slice(1, -1));
const packages = JSON.parse(text('package.json')) as {
  version: string;
  engines: { node: string };
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

describe('compose.yaml', () => {
  it('has two stores, the four processes, and one job that makes the tables', () => {
    expect(services.map(([name]) => name).sort()).toEqual(
      ['cassandra', 'catalog', 'gateway', 'migrate', 'playback', 'recommendations', 'redis'].sort(),
    );
    expect(namesWhere(isJob)).toEqual(['migrate']);
  });

  it('knows of every service whether it is well', () => {
    const unknown = namesWhere((service) => !isJob(service) && service.healthcheck === undefined);
    expect(unknown).toEqual([]);
    for (const [, { healthcheck }] of services) expect(healthcheck?.test[0] ?? 'CMD').toBe('CMD');
  });

  it('waits until what a service needs is well, or done', () => {
    for (const [, service] of services) {
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        const needed = compose.services[name]!;
        expect(condition).toBe(
          isJob(needed) ? 'service_completed_successfully' : 'service_healthy',
        );
      }
    }
    expect(Object.keys(compose.services.migrate!.depends_on!)).toEqual(['cassandra']);
    expect(compose.services.playback!.depends_on).toHaveProperty('migrate');
  });

  it('names the version of every image, and our own by that of the package', () => {
    for (const [, { image }] of services) expect(image).toMatch(/^[a-z]+:\d+(\.\d+)*(-[a-z]+)?$/);
    for (const [, { image }] of own) expect(image).toBe(`playhead:${packages.version}`);
  });

  it('lets nothing out but the gateway, to this machine alone', () => {
    expect(namesWhere(({ ports }) => ports !== undefined)).toEqual(['gateway']);
    expect(compose.services.gateway!.ports).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\$\{PORT:-4000\}:4000$/),
    ]);
  });

  it('gives nobody more rights than the image has', () => {
    expect(namesWhere(({ user, privileged }) => user !== undefined || privileged === true)).toEqual(
      [],
    );
  });

  it.each(own)('sets %s to what the configuration knows and takes', (_, service) => {
    const environment = environmentOf(service);
    expect(Object.keys(environment).filter((key) => !(key in settings.shape))).toEqual([]);
    const config = readConfig(environment);
    expect(config).toMatchObject({ NODE_ENV: 'development', HOST: '0.0.0.0', DATA_DIR: '/data' });
    expect(service.volumes).toEqual(['data:/data']);
  });

  it.each(own)(
    'runs %s by the command of its npm script, whose file is in the image',
    (name, service) => {
      const [program, file = ''] = service.command!;
      expect(program).toBe('node');
      const { scripts } = packages;
      expect(service.command!.join(' ')).toBe(scripts[name] ?? scripts[`start:${name}`]);
      expect(existsSync(file)).toBe(true);
      expect(copied).toContain(file.split('/')[0]);
    },
  );

  it('sends each service to others by their names and ports', () => {
    const ports = new Map([['redis', '6379']]);
    for (const [name, service] of own) ports.set(name, portOf(name, service));
    for (const [, service] of own) {
      const { CASSANDRA_CONTACT_POINTS: points, ...environment } = environmentOf(service);
      const urls = Object.entries(environment).filter(([key]) => key.endsWith('_URL'));
      for (const [, value] of urls) {
        const { hostname, port } = new URL(value);
        expect([hostname, port]).toEqual([hostname, ports.get(hostname)]);
        expect(service.depends_on).toHaveProperty(hostname);
      }
      expect(points ?? 'cassandra').toBe('cassandra');
    }
  });

  it('asks each process whether it is well on the port that it listens on', () => {
    for (const [name, service] of own) {
      const { healthcheck } = service;
      if (healthcheck === undefined) continue;
      const url = /http:\/\/127\.0\.0\.1:(\d+)(\/[\w/]+)/.exec(healthcheck.test.at(-1)!);
      expect(url?.[1]).toBe(portOf(name, service));
      expect(url?.[2]).toBe('/health/ready');
    }
  });

  it('runs Cassandra in the data centre that the processes look for', () => {
    const { CASSANDRA_DC: dataCentre } = environmentOf(compose.services.cassandra!);
    for (const [, service] of own) {
      const { CASSANDRA_LOCAL_DC, CASSANDRA_REPLICATION } = environmentOf(service);
      expect(CASSANDRA_LOCAL_DC ?? dataCentre).toBe(dataCentre);
      expect(CASSANDRA_REPLICATION ?? `${dataCentre}:1`).toBe(`${dataCentre}:1`);
    }
  });

  it('runs Redis so that nothing owed is evicted, and a restart finds it', () => {
    const command = compose.services.redis!.command!.join(' ');
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--maxmemory-policy volatile-ttl');
  });

  it('keeps what must last in volumes that it declares', () => {
    const named = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((it) => it.split(':')[0]!),
    );
    expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes!).sort());
  });

  it.each(['compose.yaml', productionPath])('says what %s takes from outside', (file) => {
    const comments = lines(file).filter((line) => line.startsWith('#'));
    const names = [...text(file).matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!);
    expect(names).not.toEqual([]);
    for (const name of names)
      expect(comments.join('\n')).toMatch(new RegExp(`^#   ${name}\\b`, 'm'));
  });
});

describe('deploy/compose.production.yaml', () => {
  it('gives every process keys of its own, without which it refuses', () => {
    expect(Object.keys(production.services).sort()).toEqual(own.map(([name]) => name).sort());
    for (const [name, service] of own) {
      const merged = (given: Record<string, string>) => ({
        ...environmentOf(service),
        ...environmentOf(production.services[name]!, given),
      });
      const secret = 'a secret that is long enough, as it must be';
      const config = readConfig(merged({ SESSION_KEY: secret, IDENTITY_KEY: `${secret}, too` }));
      expect(config).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0' });
      expect(() => merged({})).toThrow('SESSION_KEY is not given');
      expect(() => merged({ SESSION_KEY: secret })).toThrow('IDENTITY_KEY is not given');
    }
  });
});

describe('deploy/Dockerfile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-image-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('begins with the Node that the package asks for, and not as root', () => {
    const images = lines('deploy/Dockerfile').filter((line) => line.startsWith('FROM '));
    const major = /\d+/.exec(packages.engines.node)?.[0];
    for (const image of images) expect(image).toMatch(new RegExp(`^FROM node:${major}-slim\\b`));
    const users = lines('deploy/Dockerfile').filter((line) => line.startsWith('USER '));
    expect(users).toEqual(['USER node']);
  });

  const isCopied = (file: string) => copied.some((path) => file.startsWith(`${path}/`));

  it('copies what is there, and what .dockerignore lets through', () => {
    expect(copied.filter((path) => !existsSync(path))).toEqual([]);
    const [first, ...rules] = lines('.dockerignore').filter((line) => /^[^#]/.test(line));
    expect(first).toBe('*');
    const allowed = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
    expect([...new Set(copied)].filter((path) => !allowed.includes(path))).toEqual([]);
    for (const kept of ['node_modules', '.git', 'data', 'test'])
      expect(allowed).not.toContain(kept);
    expect(rules).toContain('**/node_modules');
  });

  it('holds every module that its processes import, and every package as more than a tool', () => {
    const doctor = packages.scripts.doctor!.split(' ')[1]!;
    const entries = [...own.map(([, service]) => service.command![1]!), doctor];
    const [modules, bare] = importedBy(entries);
    expect([...modules].filter((file) => !isCopied(file))).toEqual([]);
    expect([...bare].filter((name) => packages.dependencies[name] === undefined)).toEqual([]);
    expect(bare.size).toBeGreaterThan(5);
  });

  it('holds the demo as its own sources make it, because nothing in it could build it', () => {
    const [stage, image] = [join(folder, 'demo'), join(folder, 'image')];
    fillStage(stage, 'demo');
    symlinkSync(resolve('node_modules'), join(stage, 'node_modules'));
    const run = (cwd: string, argv: string[]) =>
      execFileSync(process.execPath, argv, { cwd, encoding: 'utf8', stdio: 'pipe' });
    run(stage, ['demo/build.ts']);

    fillStage(image, '');
    expect(lines('deploy/Dockerfile')).toContain('COPY --from=demo /app/demo/dist ./demo/dist');
    cpSync(join(stage, 'demo/dist'), join(image, 'demo/dist'), { recursive: true });
    const print = "import('./demo/built.ts').then((it) => console.log(it.builtFrom()))";
    const built = run(image, ['-e', print]).trim();
    expect(existsSync(join(built, 'index.html'))).toBe(true);
  });
});

/** Copies into a folder what COPY lines of a stage take from the repository; '': of the image itself. */
function fillStage(folder: string, stage: string): void {
  let now = '';
  for (const line of lines('deploy/Dockerfile')) {
    if (line.startsWith('FROM ')) now = / AS (\w+)$/.exec(line)?.[1] ?? '';
    if (now !== stage || !line.startsWith('COPY ') || line.includes('--from=')) continue;
    const paths = line.split(' ').slice(1, -1);
    for (const path of paths) cpSync(path, join(folder, path), { recursive: true, filter: isSent });
  }
}

/** What .dockerignore leaves out of folders that it lets through. */
function isSent(path: string): boolean {
  return !path.endsWith('demo/dist');
}

/** Files that these import, and so on, and the packages that any of them imports. */
function importedBy(entries: readonly string[]): [modules: Set<string>, bare: Set<string>] {
  const modules = new Set<string>();
  const bare = new Set<string>();
  const visit = (file: string): void => {
    if (modules.has(file)) return;
    modules.add(file);
    const specifiers = text(file).matchAll(
      /^(?!import type|export type).*?(?:\bfrom|\bimport)\s*\(?\s*'([^'\s]+)'/gm,
    );
    for (const [, specifier = ''] of specifiers) {
      if (specifier.startsWith('.')) visit(normalize(join(dirname(file), specifier)));
      else if (!specifier.startsWith('node:')) bare.add(packageOf(specifier));
    }
  };
  entries.forEach(visit);
  return [modules, bare];
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
