namespace KvStore.Node.Storage;

/// <summary>The store must not be used as it is configured. A start ends with this message and nothing else.</summary>
/// <param name="setting">The setting to change, such as <c>KvStore:Shards</c> or <c>fsync</c> of the server.</param>
public sealed class StoreRefusedException(string setting, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Setting { get; } = setting;
}

/// <summary>The engine did not answer, or could not be reached.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
