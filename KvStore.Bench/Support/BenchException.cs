namespace KvStore.Bench.Support;

/// <summary>A run cannot go on, and the message is all that its user needs to know.</summary>
internal class BenchException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The machine lacks a program; what needs it is left out, or the run ends where everything needs it.</summary>
internal sealed class MissingToolException(string message) : BenchException(message);
