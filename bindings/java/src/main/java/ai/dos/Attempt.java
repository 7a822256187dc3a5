package ai.dos;

/** One attempt to get an answer. httpStatus is 0 if there was none; delayMillis is the wait before the next one. */
public record Attempt(Status status, int httpStatus, long delayMillis) implements java.io.Serializable {}
