namespace KvStore.Node;

/// <summary>The node must not start like this. The message is all that its operator needs: it names the settings to change.</summary>
public sealed class StartRefusedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The node was told to end, or was taken out of the cluster, before all of it had started.</summary>
public sealed class StartBrokenOffException(Exception cause) : Exception("The node ended before all of it had started.", cause);
