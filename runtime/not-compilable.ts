/** A document that graphql-jit would answer otherwise than graphql-js does: that one runs it. */
export class NotCompilable extends Error {
  override readonly name = 'NotCompilable';
}
