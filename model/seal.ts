import {
  type Artifact,
  artifactHash,
  canonicalJson,
} from '../subgraphs/recommendations/artifact.ts';

/** An artifact with its hash. */
export function sealArtifact(rest: Omit<Artifact, 'sha256'>): Artifact {
  return { ...rest, sha256: artifactHash(rest) };
}

/** The text of an artifact's file: equal artifacts have equal bytes. */
export function artifactText(artifact: Artifact): string {
  return `${canonicalJson(artifact)}\n`;
}
