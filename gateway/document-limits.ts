import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import {
  type ASTNode,
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  parse,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { codedError } from '../runtime/graphql-errors.ts';

/** What one document may hold. */
export interface DocumentLimits {
  /** Characters: comments and strings are no tokens, and texts are kept, good ones and bad ones. */
  textLengthMax: number;
  /** Names, numbers, brackets: the parser stops there, before it is deep in its own stack. */
  tokensMax: number;
  /** Fields in one another, fragments followed; those of introspection do not count. */
  depthMax: number;
  /** Aliases of one operation, each place that a fragment is spread at counted again. */
  aliasesMax: number;
  /** Fields of one operation, counted in the same way: what fragments in fragments multiply. */
  fieldsMax: number;
  /** Directives of the document. */
  directivesMax: number;
}

/** The SDK's largest document is 96 tokens, introspection 184; a page asks for several times as much. */
export const documentLimits: DocumentLimits = {
  textLengthMax: 16 * 1024,
  tokensMax: 1_000,
  depthMax: 12,
  aliasesMax: 50,
  fieldsMax: 500,
  directivesMax: 50,
};

/**
 * Refuses documents that ask for too much before anything of them runs, however small they are to send.
 *
 * Errors: GRAPHQL_PARSE_FAILED over the tokens, GRAPHQL_VALIDATION_FAILED over any other limit, with the
 * limit, what was found and where.
 * Cost: O(tokens) a document: what a fragment holds is counted once, and kept.
 */
export function limitDocuments(limits = documentLimits): GatewayPlugin {
  return {
    onParams({ params, setParams, setResult }) {
      const { query } = (params ?? {}) as { query?: unknown };
      if (typeof query !== 'string' || query.length <= limits.textLengthMax) return;
      const message = `A document has at most ${limits.textLengthMax} characters.`;
      const extensions = { http: { status: 400, spec: true } };
      setResult({ errors: [codedError('GRAPHQL_PARSE_FAILED', message, { extensions })] });
      // A result does not keep the runtime from reading the text.
      setParams({ ...params, query: '' } as typeof params);
    },
    onParse({ setParseFn }) {
      setParseFn((source, options) => parse(source, { ...options, maxTokens: limits.tokensMax }));
    },
    onValidate({ addValidationRule }) {
      addValidationRule((context: ValidationContext) => measuringRule(context, limits));
    },
  };
}

/** What a selection comes to, fragments put in their places. */
interface Measure {
  depth: number;
  aliases: number;
  fields: number;
}

const nothing: Measure = { depth: 0, aliases: 0, fields: 0 };

function measuringRule(context: ValidationContext, limits: DocumentLimits): ASTVisitor {
  const measured = new Map<string, Measure>();
  let directives = 0;
  const refuse = (message: string, node: ASTNode) =>
    context.reportError(new GraphQLError(message, { nodes: node }));
  return {
    Directive(node) {
      directives += 1;
      if (directives !== limits.directivesMax + 1) return;
      refuse(`This document holds more than ${limits.directivesMax} directives.`, node);
    },
    OperationDefinition(operation) {
      const { depth, aliases, fields } = measure(operation.selectionSet, { context, measured });
      const { depthMax, aliasesMax, fieldsMax } = limits;
      const tooMuch = [
        ...(depth > depthMax ? [`is ${depth} fields deep; ${depthMax}`] : []),
        ...(aliases > aliasesMax ? [`holds ${aliases} aliases; ${aliasesMax}`] : []),
        ...(fields > fieldsMax ? [`holds ${fields} fields; ${fieldsMax}`] : []),
      ];
      for (const what of tooMuch) {
        refuse(
          `This operation ${what} are allowed. Ask for less, or in several requests.`,
          operation,
        );
      }
    },
  };
}

interface Measuring {
  context: ValidationContext;
  /** Fragments, by name; one that is being measured counts as nothing: another rule refuses the circle. */
  measured: Map<string, Measure>;
}

function measure({ selections }: SelectionSetNode, measuring: Measuring): Measure {
  return selections.reduce((sum, selection) => {
    const one = measureOne(selection, measuring);
    return {
      depth: Math.max(sum.depth, one.depth),
      aliases: sum.aliases + one.aliases,
      fields: sum.fields + one.fields,
    };
  }, nothing);
}

function measureOne(
  selection: SelectionSetNode['selections'][number],
  measuring: Measuring,
): Measure {
  if (selection.kind === Kind.FRAGMENT_SPREAD) {
    return measureFragment(measuring.context.getFragment(selection.name.value), measuring);
  }
  const inner =
    selection.selectionSet === undefined ? nothing : measure(selection.selectionSet, measuring);
  if (selection.kind === Kind.INLINE_FRAGMENT) return inner;
  const isIntrospection = selection.name.value.startsWith('__');
  return {
    depth: isIntrospection ? 0 : inner.depth + 1,
    aliases: inner.aliases + (selection.alias === undefined ? 0 : 1),
    fields: inner.fields + 1,
  };
}

function measureFragment(
  fragment: FragmentDefinitionNode | null | undefined,
  measuring: Measuring,
): Measure {
  if (fragment == null) return nothing;
  const { measured } = measuring;
  const known = measured.get(fragment.name.value);
  if (known !== undefined) return known;
  measured.set(fragment.name.value, nothing);
  const found = measure(fragment.selectionSet, measuring);
  measured.set(fragment.name.value, found);
  return found;
}
