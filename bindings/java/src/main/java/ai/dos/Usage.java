package ai.dos;

/** Numbers of tokens; -1: the server has not said. */
public record Usage(long promptTokens, long completionTokens, long totalTokens, long cachedTokens, long reasoningTokens) implements java.io.Serializable {}
