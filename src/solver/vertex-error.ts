/**
 * What {@link solve} throws when a vertex failed: which one, and why. Whoever made the graph knows the place in the
 * user's text that the vertex stands for, and throws the cause on with it.
 */
export class VertexError extends Error {
  override readonly name = 'VertexError';
  readonly vertexId: string;
  readonly vertexName: string;
  override readonly cause: unknown;

  constructor(vertex: { readonly id: string; readonly name: string }, cause: unknown) {
    super(`${vertex.name}: ${cause instanceof Error ? cause.message : String(cause)}`);
    this.vertexId = vertex.id;
    this.vertexName = vertex.name;
    this.cause = cause;
  }
}
