namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record LabelSelector
{
    public required Dictionary<string, string> MatchLabels { get; init; }

    public bool Selects(Dictionary<string, string> labels) => AreIn(MatchLabels, labels);

    /// <summary>Whether all of <paramref name="wanted"/> are among <paramref name="labels"/>.</summary>
    public static bool AreIn(Dictionary<string, string> wanted, Dictionary<string, string> labels) =>
        wanted.Count > 0 && wanted.All(pair => labels.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
