import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Viewer as SignedIn } from '../../runtime/identity.ts';
import type { Context } from './context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  DateTime: { input: string; output: string; }
  _FieldSet: { input: unknown; output: unknown; }
};

export type Viewer = {
  __typename?: 'Viewer';
  id?: Maybe<Scalars['ID']['output']>;
  /**
   * The Continue Watching row, best first: one card per series or film.
   * Null with an error: the row is down, draw the page without it. An empty row has `edges: []`.
   */
  continueWatching?: Maybe<ContinueWatchingConnection>;
};


export type ViewerContinueWatchingArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
  deviceKind?: InputMaybe<DeviceKind>;
};

export type ContinueWatchingConnection = {
  __typename?: 'ContinueWatchingConnection';
  edges: Array<ContinueWatchingEdge>;
  pageInfo: PageInfo;
  /** The ranking this page was cut from: a cursor of an older ranking still works and repeats nothing. */
  rankingId: Scalars['ID']['output'];
  rankedAt: Scalars['DateTime']['output'];
  /** How likely this visit continues something rather than discovers something new, 0 to 1: decides where the row stands. Null when the model could not be used. */
  continuationProbability?: Maybe<Scalars['Float']['output']>;
  /** Name and version of what ranked it: `linear-3`, or `recency` when the model could not be used. */
  ranker: Scalars['String']['output'];
  /** True: ranked from stale or partial signals. */
  degraded: Scalars['Boolean']['output'];
};

export type ContinueWatchingEdge = {
  __typename?: 'ContinueWatchingEdge';
  cursor: Scalars['String']['output'];
  node: ContinueWatchingItem;
};

export type ContinueWatchingItem = {
  __typename?: 'ContinueWatchingItem';
  /** One for each (profile, series or film): a card keeps its id while what it plays moves on. */
  id: Scalars['ID']['output'];
  kind: ContinueWatchingKind;
  /** What `playable` is, there even when the catalog is not; what `hidePlayhead` takes to remove the card. */
  playableId: Scalars['ID']['output'];
  /** What pressing the card plays: the unfinished film or episode, or the next one. Null if the catalog no longer has it (skip the card) or, with an error, does not answer. */
  playable?: Maybe<Playable>;
  /** Probability that it is the next thing this viewer continues, 0 to 1. Null when the ranker gives none (`recency`). */
  score?: Maybe<Scalars['Float']['output']>;
  /** Strongest first, at most two; never invented. */
  reasons: Array<ContinueWatchingReason>;
};

/** Unknown values may appear: treat as RESUME. */
export type ContinueWatchingKind =
  | 'RESUME'
  | 'NEXT_EPISODE'
  | 'NEW_EPISODE'
  | 'PLAYING_ELSEWHERE';

export type ContinueWatchingReason = {
  __typename?: 'ContinueWatchingReason';
  /** Unknown values may appear: draw no label for them. */
  code: ContinueWatchingReasonCode;
  /** Ready to show, in English: `12 min left`, `You watched this on your TV last night`. */
  text: Scalars['String']['output'];
};

export type ContinueWatchingReasonCode =
  | 'RECENTLY_WATCHED'
  | 'ALMOST_FINISHED'
  | 'BINGE'
  | 'SAME_DEVICE'
  | 'USUAL_TIME'
  | 'NEXT_UP'
  | 'NEW_RELEASE'
  | 'OTHER';

/** Unknown values may appear; send OTHER for what is not here. Keep equal in every subgraph (composition insists). */
export type DeviceKind =
  | 'TV'
  | 'PHONE'
  | 'TABLET'
  | 'WEB'
  | 'DESKTOP'
  | 'CONSOLE'
  | 'OTHER';

export type Playable = {
  __typename?: 'Playable';
  id: Scalars['ID']['output'];
};

export type PageInfo = {
  __typename?: 'PageInfo';
  hasNextPage: Scalars['Boolean']['output'];
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor?: Maybe<Scalars['String']['output']>;
  endCursor?: Maybe<Scalars['String']['output']>;
};

export type Query = {
  __typename?: 'Query';
  viewer?: Maybe<Viewer>;
};

export type Subscription = {
  __typename?: 'Subscription';
  /** The viewer whose row it is: at once, then after each change of the row's order or content; at most one a second. Select the row as your query does and a normalised cache is done. */
  continueWatchingUpdates: ContinueWatchingUpdate;
};

export type ContinueWatchingUpdate = {
  __typename?: 'ContinueWatchingUpdate';
  viewer: Viewer;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Viewer: Viewer;
  ContinueWatchingItem: ContinueWatchingItem;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Viewer:
    ( { __typename: 'Viewer' }
    & GraphQLRecursivePick<FederationTypes['Viewer'], {"id":true}> );
  ContinueWatchingItem:
    ( { __typename: 'ContinueWatchingItem' }
    & GraphQLRecursivePick<FederationTypes['ContinueWatchingItem'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Viewer: ResolverTypeWrapper<SignedIn>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  ContinueWatchingConnection: ResolverTypeWrapper<Omit<ContinueWatchingConnection, 'edges'> & { edges: Array<ResolversTypes['ContinueWatchingEdge']> }>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  ContinueWatchingEdge: ResolverTypeWrapper<Omit<ContinueWatchingEdge, 'node'> & { node: ResolversTypes['ContinueWatchingItem'] }>;
  ContinueWatchingItem: ResolverTypeWrapper<Omit<ContinueWatchingItem, 'playable'> & { playable?: Maybe<ResolversTypes['Playable']> }>;
  ContinueWatchingKind: ContinueWatchingKind;
  ContinueWatchingReason: ResolverTypeWrapper<ContinueWatchingReason>;
  ContinueWatchingReasonCode: ContinueWatchingReasonCode;
  DeviceKind: DeviceKind;
  Playable: ResolverTypeWrapper<{ id: string }>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ContinueWatchingUpdate: ResolverTypeWrapper<Omit<ContinueWatchingUpdate, 'viewer'> & { viewer: ResolversTypes['Viewer'] }>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  Viewer: SignedIn;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  String: Scalars['String']['output'];
  ContinueWatchingConnection: Omit<ContinueWatchingConnection, 'edges'> & { edges: Array<ResolversParentTypes['ContinueWatchingEdge']> };
  Float: Scalars['Float']['output'];
  Boolean: Scalars['Boolean']['output'];
  ContinueWatchingEdge: Omit<ContinueWatchingEdge, 'node'> & { node: ResolversParentTypes['ContinueWatchingItem'] };
  ContinueWatchingItem: Omit<ContinueWatchingItem, 'playable'> & { playable?: Maybe<ResolversParentTypes['Playable']> } | FederationReferenceTypes['ContinueWatchingItem'];
  ContinueWatchingReason: ContinueWatchingReason;
  Playable: { id: string };
  PageInfo: PageInfo;
  Query: Record<PropertyKey, never>;
  Subscription: Record<PropertyKey, never>;
  ContinueWatchingUpdate: Omit<ContinueWatchingUpdate, 'viewer'> & { viewer: ResolversParentTypes['Viewer'] };
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type ViewerResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer'], FederationReferenceType extends FederationReferenceTypes['Viewer'] = FederationReferenceTypes['Viewer']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Viewer']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  continueWatching?: Resolver<Maybe<ResolversTypes['ContinueWatchingConnection']>, ParentType, ContextType, RequireFields<ViewerContinueWatchingArgs, 'first'>>;
};

export type ContinueWatchingConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ContinueWatchingConnection'] = ResolversParentTypes['ContinueWatchingConnection']> = {
  edges?: Resolver<Array<ResolversTypes['ContinueWatchingEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  rankingId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  rankedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  continuationProbability?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  ranker?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  degraded?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type ContinueWatchingEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ContinueWatchingEdge'] = ResolversParentTypes['ContinueWatchingEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['ContinueWatchingItem'], ParentType, ContextType>;
};

export type ContinueWatchingItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ContinueWatchingItem'] = ResolversParentTypes['ContinueWatchingItem'], FederationReferenceType extends FederationReferenceTypes['ContinueWatchingItem'] = FederationReferenceTypes['ContinueWatchingItem']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['ContinueWatchingItem']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['ContinueWatchingKind'], ParentType, ContextType>;
  playableId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  playable?: Resolver<Maybe<ResolversTypes['Playable']>, ParentType, ContextType>;
  score?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  reasons?: Resolver<Array<ResolversTypes['ContinueWatchingReason']>, ParentType, ContextType>;
};

export type ContinueWatchingReasonResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ContinueWatchingReason'] = ResolversParentTypes['ContinueWatchingReason']> = {
  code?: Resolver<ResolversTypes['ContinueWatchingReasonCode'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PlayableResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Playable'] = ResolversParentTypes['Playable']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  viewer?: Resolver<Maybe<ResolversTypes['Viewer']>, ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  continueWatchingUpdates?: SubscriptionResolver<ResolversTypes['ContinueWatchingUpdate'], "continueWatchingUpdates", ParentType, ContextType>;
};

export type ContinueWatchingUpdateResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ContinueWatchingUpdate'] = ResolversParentTypes['ContinueWatchingUpdate']> = {
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  DateTime?: GraphQLScalarType;
  Viewer?: ViewerResolvers<ContextType>;
  ContinueWatchingConnection?: ContinueWatchingConnectionResolvers<ContextType>;
  ContinueWatchingEdge?: ContinueWatchingEdgeResolvers<ContextType>;
  ContinueWatchingItem?: ContinueWatchingItemResolvers<ContextType>;
  ContinueWatchingReason?: ContinueWatchingReasonResolvers<ContextType>;
  Playable?: PlayableResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  ContinueWatchingUpdate?: ContinueWatchingUpdateResolvers<ContextType>;
};

