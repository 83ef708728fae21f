namespace KvStore.Specs.Deploy.Bootstrap;

/// <summary>The files that Kubernetes mounts into a pod, by which it may ask the API server and know that it is the right one.</summary>
internal sealed record MountedServiceAccount(string Token, string AuthorityPem, string Namespace)
{
    /// <summary>Where a pod has them.</summary>
    public const string MountPoint = "/var/run/secrets/kubernetes.io/serviceaccount";

    public async Task WriteAsync(string directory)
    {
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, "token"), Token);
        await File.WriteAllTextAsync(Path.Combine(directory, "ca.crt"), AuthorityPem);
        await File.WriteAllTextAsync(Path.Combine(directory, "namespace"), Namespace);
    }
}
