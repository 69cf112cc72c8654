import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export type Labels = Record<string, string>;

interface Probe {
  httpGet: { path: string; port: string };
  periodSeconds: number;
  failureThreshold: number;
}

export interface Container {
  name: string;
  image: string;
  command: string[];
  ports?: { name: string; containerPort: number }[];
  envFrom: { configMapRef: { name: string } }[];
  env: {
    name: string;
    valueFrom: { secretKeyRef: { name: string; key: string; optional?: boolean } };
  }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  resources: { requests: Labels; limits: Labels };
  securityContext: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface PodSpec {
  restartPolicy?: string;
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext: Record<string, unknown>;
  topologySpreadConstraints?: {
    topologyKey: string;
    labelSelector: { matchLabels: Labels };
  }[];
  containers: Container[];
  volumes: { name: string; secret?: { secretName: string }; emptyDir?: { sizeLimit: string } }[];
}

interface PodTemplate {
  metadata: { labels: Labels; annotations?: Labels };
  spec: PodSpec;
}

interface Peer {
  podSelector?: { matchLabels: Labels };
  namespaceSelector?: { matchLabels: Labels };
}

/** What of a manifest is looked at; each kind has some of it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Labels };
  data?: Labels;
  spec: {
    replicas?: number;
    minReplicas?: number;
    maxReplicas?: number;
    maxUnavailable?: number;
    template: PodTemplate;
    selector: Labels & { matchLabels?: Labels };
    ports: { name: string; port: number; targetPort: string }[];
    scaleTargetRef: { kind: string; name: string };
    podSelector: {
      matchLabels?: Labels;
      matchExpressions?: { key: string; operator: string; values: string[] }[];
    };
    policyTypes: string[];
    ingress?: { from: Peer[]; ports: { port: number }[] }[];
  };
}

export const kubernetesFolder = 'deploy/kubernetes';

export interface Kustomization {
  namespace: string;
  resources: string[];
  images: { name: string; newTag: string }[];
}

export function readKustomization(): Kustomization {
  return parse(readFileSync(join(kubernetesFolder, 'kustomization.yaml'), 'utf8'));
}

/** Every manifest of the folder, by the file that it is in. */
export function readManifests(): { file: string; manifest: Manifest }[] {
  const files = readdirSync(kubernetesFolder).filter((file) => file !== 'kustomization.yaml');
  return files.flatMap((file) =>
    parseAllDocuments(readFileSync(join(kubernetesFolder, file), 'utf8')).map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return { file, manifest: document.toJS() as Manifest };
    }),
  );
}

/** A quantity of Kubernetes: `500m`, `2`, `64Mi`. */
export function quantityOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+)(m|Mi|Gi)?$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`${text} is no quantity.`);
  return Number(digits) * ({ m: 0.001, Mi: 2 ** 20, Gi: 2 ** 30 }[unit] ?? 1);
}
