import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readConfig, settings } from '../../runtime/config.ts';
import {
  type Container,
  type Manifest,
  type PodSpec,
  quantityOf,
  readKustomization,
  readManifests,
} from './manifests.ts';

const kustomization = readKustomization();
const all = readManifests();
const manifests = all.map(({ manifest }) => manifest);
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
const nameLabel = 'app.kubernetes.io/name';
const packages = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};

const deployments = ofKind('Deployment').map((it) => [it.metadata.name, it] as const);
const jobs = ofKind('Job').map((it) => [it.metadata.name, it] as const);
const workloads = [...deployments, ...jobs];
const podOf = ({ spec }: Manifest): PodSpec => spec.template.spec;
const only = <Item>(items: readonly Item[]): Item => {
  expect(items).toHaveLength(1);
  return items[0]!;
};
const containerOf = (manifest: Manifest): Container => only(podOf(manifest).containers);
const named = (kind: string, name: string): Manifest =>
  only(ofKind(kind).filter(({ metadata }) => metadata.name === name));
const config = named('ConfigMap', 'playhead-config').data!;

/** What the process of a container finds, its secrets made up. */
function environmentOf(container: Container): Record<string, string> {
  expect(container.envFrom).toEqual([{ configMapRef: { name: 'playhead-config' } }]);
  const needed = container.env.filter(({ valueFrom }) => valueFrom.secretKeyRef.optional !== true);
  const secrets = needed.map(({ name }) => [
    name,
    `made up for ${name}, and as long as it must be`,
  ]);
  return { ...config, ...Object.fromEntries(secrets) };
}

/** The fewest pods that there are of a workload. */
function replicasOf(name: string): number {
  const scalers = ofKind('HorizontalPodAutoscaler').filter(
    ({ metadata }) => metadata.name === name,
  );
  const { replicas } = named('Deployment', name).spec;
  // Both would take turns.
  expect([name, scalers.length === 0]).toEqual([name, replicas !== undefined]);
  return replicas ?? only(scalers).spec.minReplicas!;
}

describe('deploy/kubernetes', () => {
  it('lists every file in the kustomization, with the image of this version', () => {
    const files = new Set(all.map(({ file }) => file));
    expect([...kustomization.resources].sort()).toEqual([...files].sort());
    expect(only(kustomization.images)).toMatchObject({
      name: 'playhead',
      newTag: packages.version,
    });
    expect(kustomization.namespace).toBe(only(ofKind('Namespace')).metadata.name);
  });

  it('holds no secret, and no other namespace', () => {
    expect(ofKind('Secret')).toEqual([]);
    expect(manifests.filter(({ metadata }) => metadata.namespace !== undefined)).toEqual([]);
    const values = Object.entries(config);
    expect(values.filter(([key]) => /KEY$|PASSWORD|SECRET/.test(key))).toEqual([]);
    expect(values.filter(([, value]) => /\/\/[^/]*:[^/]*@/.test(value))).toEqual([]);
  });

  it('runs the four processes, and the job that makes the tables', () => {
    expect(deployments.map(([name]) => name).sort()).toEqual(
      ['catalog', 'gateway', 'playback', 'recommendations'].sort(),
    );
    expect(jobs.map(([name]) => name)).toEqual(['migrate']);
    const keys = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(workloads)('runs %s by the command of its npm script', (name, manifest) => {
    const { image, command } = containerOf(manifest);
    const { scripts } = packages;
    expect(image).toBe('playhead');
    expect(command.join(' ')).toBe(scripts[name] ?? scripts[`start:${name}`]);
  });

  it.each(workloads)('gives %s settings that it knows, and takes', (_, manifest) => {
    const environment = environmentOf(containerOf(manifest));
    const unknown = Object.keys(environment).filter((key) => !(key in settings.shape));
    expect(unknown).toEqual([]);
    expect(readConfig(environment)).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0' });
    for (const { name, valueFrom } of containerOf(manifest).env) {
      expect(valueFrom.secretKeyRef).toMatchObject({ name: 'playhead-secrets', key: name });
      expect(name in settings.shape).toBe(true);
    }
    const logins = ['REDIS_URL', 'CASSANDRA_USERNAME', 'CASSANDRA_PASSWORD'];
    const given = containerOf(manifest).env.map(({ name }) => name);
    expect(given).toEqual(expect.arrayContaining(logins));
  });

  it('makes a region of it by a name and a secret, which playback alone is given', () => {
    const given = (manifest: Manifest) => containerOf(manifest).env.map(({ name }) => name);
    const told = workloads.filter(([, manifest]) => given(manifest).includes('REGION_PEERS'));
    expect(told.map(([name]) => name)).toEqual(['playback']);
    const region = { REGION: 'eu', REGION_PEERS: 'us=rediss://someone:secret@redis.us:6379' };
    for (const [name, manifest] of workloads) {
      const { REGION, REGION_PEERS } = region;
      const environment = environmentOf(containerOf(manifest));
      const settingsOf = name === 'playback' ? { REGION, REGION_PEERS } : { REGION };
      expect(readConfig({ ...environment, ...settingsOf })).toMatchObject({ REGION: 'eu' });
    }
  });

  it.each(workloads)('gives %s no more rights than it needs', (_, manifest) => {
    const pod = podOf(manifest);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.enableServiceLinks).toBe(false);
    expect(containerOf(manifest).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it.each(workloads)('lets %s write to DATA_DIR and /tmp alone, and read its key set', (_, it) => {
    const { volumeMounts } = containerOf(it);
    const { volumes } = podOf(it);
    expect(volumeMounts.map(({ name }) => name).sort()).toEqual(
      volumes.map(({ name }) => name).sort(),
    );
    const writable = volumeMounts.filter(({ readOnly }) => readOnly !== true);
    const paths = writable.map(({ mountPath }) => mountPath).sort();
    expect(paths).toEqual([config.DATA_DIR, '/tmp'].sort());
    for (const { name, emptyDir } of volumes) {
      const isWritable = writable.some((mount) => mount.name === name);
      expect([name, emptyDir !== undefined]).toEqual([name, isWritable]);
    }
    const keys = volumeMounts.find(({ readOnly }) => readOnly)!;
    expect(config.TOKEN_PUBLIC_KEY_FILE).toMatch(new RegExp(`^${keys.mountPath}/[\\w.-]+$`));
    const { secret } = volumes.find(({ name }) => name === keys.name)!;
    expect(secret?.secretName).toBe('playhead-token-keys');
  });

  it.each(workloads)('says what %s is given, and where it ends', (_, manifest) => {
    const { requests, limits } = containerOf(manifest).resources;
    for (const resource of ['cpu', 'memory']) {
      const given = quantityOf(requests[resource]!);
      expect(given).toBeGreaterThan(0);
      expect(quantityOf(limits[resource]!)).toBeGreaterThanOrEqual(given);
    }
  });

  it.each(deployments)('asks %s whether it lives and is ready, on the port it has', (name, it) => {
    const container = containerOf(it);
    const key = name === 'gateway' ? 'PORT' : `${name.toUpperCase()}_PORT`;
    const http = container.ports!.find((port) => port.name === 'http')!;
    expect(`${http.containerPort}`).toBe(config[key]);
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const live = { path: '/health/live', port: 'http' };
    expect(startupProbe!.httpGet).toEqual(live);
    expect(livenessProbe!.httpGet).toEqual(live);
    expect(readinessProbe!.httpGet).toEqual({ path: '/health/ready', port: 'http' });
    // A slow start is no reason to begin anew: ninety seconds are what the tests allow themselves.
    expect(startupProbe!.periodSeconds * startupProbe!.failureThreshold).toBeGreaterThan(90);
  });

  it.each(deployments)(
    'gives %s time to say that it ends, to drain, and to close',
    (_, manifest) => {
      const { SHUTDOWN_DELAY_MS, DRAIN_MS } = readConfig(environmentOf(containerOf(manifest)));
      const { readinessProbe } = containerOf(manifest);
      const { terminationGracePeriodSeconds } = podOf(manifest);
      const [, closing] = /closingMsMax = ([\d_]+)/.exec(
        readFileSync('runtime/shutdown.ts', 'utf8'),
      )!;
      const closingMs = Number(closing!.replaceAll('_', ''));
      expect(closingMs).toBeGreaterThan(0);
      expect(terminationGracePeriodSeconds! * 1_000).toBeGreaterThan(
        SHUTDOWN_DELAY_MS + DRAIN_MS + closingMs,
      );
      // By then nobody is sent there any more.
      const noticedMs = readinessProbe!.periodSeconds * readinessProbe!.failureThreshold * 1_000;
      expect(SHUTDOWN_DELAY_MS).toBeGreaterThan(noticedMs);
    },
  );

  it.each(deployments)('selects the pods of %s, and nobody else’s', (name, manifest) => {
    const labels = { [nameLabel]: name };
    const { selector, template } = manifest.spec;
    expect(selector.matchLabels).toEqual(labels);
    expect(template.metadata.labels).toMatchObject(labels);
    expect(named('Service', name).spec.selector).toEqual(labels);
    expect(named('PodDisruptionBudget', name).spec.selector.matchLabels).toEqual(labels);
    const spread = podOf(manifest).topologySpreadConstraints!;
    expect(spread.map(({ topologyKey }) => topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
    for (const { labelSelector } of spread) expect(labelSelector.matchLabels).toEqual(labels);
  });

  it.each(deployments)('keeps one of %s at work while another is moved', (name) => {
    const { maxUnavailable } = named('PodDisruptionBudget', name).spec;
    expect(maxUnavailable).toBeGreaterThan(0);
    expect(maxUnavailable).toBeLessThan(replicasOf(name));
  });

  it('grows and shrinks what is there', () => {
    for (const { metadata, spec } of ofKind('HorizontalPodAutoscaler')) {
      expect(spec.scaleTargetRef).toMatchObject({ kind: 'Deployment', name: metadata.name });
      expect(named('Deployment', metadata.name).spec.replicas).toBeUndefined();
      expect(spec.maxReplicas).toBeGreaterThan(spec.minReplicas!);
    }
  });

  it('sends each process to the others by their services', () => {
    const names = ['PLAYBACK_URL', 'RECOMMENDATIONS_URL', 'CATALOG_URL'];
    for (const key of names) {
      const { hostname, port, pathname } = new URL(config[key]!);
      const { ports } = named('Service', hostname).spec;
      expect(`${only(ports).port}`).toBe(port);
      expect(pathname).toBe('/graphql');
    }
  });

  it('tells Prometheus where the metrics are', () => {
    for (const [name, manifest] of deployments) {
      const { annotations } = manifest.spec.template.metadata;
      const ports = containerOf(manifest).ports!.map(({ containerPort }) => `${containerPort}`);
      expect(ports).toContain(annotations!['prometheus.io/port']);
      if (name === 'gateway') {
        expect(annotations!['prometheus.io/port']).toBe(config.METRICS_PORT);
        const service = only(named('Service', name).spec.ports);
        expect(service.targetPort).toBe('http');
      }
    }
  });
});

describe('the network policies', () => {
  const policies = ofKind('NetworkPolicy');
  /** Pods that a policy lets in to those of a name, and on which ports. */
  const entrances = (name: string) =>
    policies
      .filter(({ spec }) => {
        const { matchLabels, matchExpressions = [] } = spec.podSelector;
        return (
          matchLabels?.[nameLabel] === name ||
          matchExpressions.some(({ key, values }) => key === nameLabel && values.includes(name))
        );
      })
      .flatMap(({ spec }) => spec.ingress ?? [])
      .flatMap(({ from, ports }) =>
        from.map(({ podSelector, namespaceSelector }) => ({
          from: podSelector?.matchLabels[nameLabel] ?? namespaceSelector?.matchLabels,
          ports: ports.map(({ port }) => `${port}`),
        })),
      );

  it('let nobody in who is not named', () => {
    const everywhere = only(
      policies.filter(({ spec }) => Object.keys(spec.podSelector).length === 0),
    );
    expect(everywhere.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress'] });
    for (const { spec } of policies) expect(spec.policyTypes).toEqual(['Ingress']);
  });

  it('let the gateway alone to the subgraphs, recommendations to the catalog, Prometheus to figures', () => {
    const scrape = { 'playhead.example/may': 'scrape' };
    const subgraphs = { playback: ['gateway'], recommendations: ['gateway'] };
    const allowed = { ...subgraphs, catalog: ['gateway', 'recommendations'] };
    for (const [name, callers] of Object.entries(allowed)) {
      const port = config[`${name.toUpperCase()}_PORT`]!;
      const figures = { from: scrape, ports: expect.arrayContaining([port]) };
      const calls = callers.map((from) => ({ from, ports: [port] }));
      expect(entrances(name)).toEqual([...calls, figures]);
    }
  });

  it('let clients to the gateway, and to no port but its public one', () => {
    expect(entrances('gateway')).toEqual([
      { from: { 'playhead.example/may': 'enter' }, ports: [config.PORT] },
      {
        from: { 'playhead.example/may': 'scrape' },
        ports: expect.arrayContaining([config.METRICS_PORT]),
      },
    ]);
    const scraped = entrances('gateway')[1]!.ports;
    expect(scraped).not.toContain(config.PORT);
  });
});
