namespace KvStore.Node;

/// <summary>The node must not start like this. The message is all that its operator needs: it names the settings to change.</summary>
public sealed class StartRefusedException(string message, Exception? inner = null) : Exception(message, inner);
