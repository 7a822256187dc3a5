package ai.dos;

/** Microseconds from the start of the call; -1: not reached. */
public record Timings(long connectMicros, long firstByteMicros, long firstTokenMicros, long totalMicros, boolean reusedConnection) implements java.io.Serializable {}
