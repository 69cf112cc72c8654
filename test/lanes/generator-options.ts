import type { GraphQLInputType, GraphQLSchema, OperationTypeNode } from 'graphql';
import type { HiddenInputs, InputValue } from './input-values.ts';

export interface GeneratorOptions {
  readonly hidden?: HiddenInputs;
  /** How many of a hundred operations bring variables that do not fit. @default 12 */
  readonly unfitPercent?: number;
  /** Most operations keep to what one of these has, and few subgraphs answer what is drawn from all. */
  readonly near?: readonly GraphQLSchema[];
  readonly steering?: Steering;
}

/** What is to come more often than by chance. */
export interface Steering {
  /** The only kind of operation. */
  readonly root?: OperationTypeNode;
  /** Every other field is one of these, where there is one: `Query.shared`. */
  readonly fields?: readonly string[];
  /** Without arguments; every tenth field has it. */
  readonly directive?: string;
  /** Every second selection of a root asks about the schema. */
  readonly isCurious?: boolean;
}

/** What an operation declares, and what it brings. */
export interface Variable {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly definition: string;
  /** Undefined: it is not sent. */
  readonly value: InputValue | undefined;
}
