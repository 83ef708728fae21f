namespace KvStore.Http;

/// <summary>The tags by which the host's health checks are found.</summary>
public static class HealthTags
{
    /// <summary>Failing, the process should be started anew.</summary>
    public const string Live = "live";

    /// <summary>Failing, the node should get no requests for now.</summary>
    public const string Ready = "ready";
}
