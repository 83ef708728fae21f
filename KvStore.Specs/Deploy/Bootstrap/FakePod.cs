using System.Collections.Immutable;

namespace KvStore.Specs.Deploy.Bootstrap;

/// <summary>A pod as the API server lists it, with what makes one count when pods look for each other. As the image is deployed, unless said otherwise.</summary>
internal sealed record FakePod(string Name, string? Address)
{
    public string Namespace { get; init; } = FakeKubernetesApi.Namespace;

    /// <summary>Its label of that name.</summary>
    public string App { get; init; } = "kvstore";

    public ImmutableDictionary<string, string> Labels => ImmutableDictionary<string, string>.Empty.Add("app", App);

    /// <summary>Of the pod as a whole: also one whose container crashes again and again is Running.</summary>
    public string Phase { get; init; } = "Running";

    /// <summary>Whether its container waits for its next start.</summary>
    public bool IsCrashLooping { get; init; }

    /// <summary>Whether it was told to end.</summary>
    public bool IsTerminating { get; init; }

    public ImmutableArray<(string Name, int Number)> Ports { get; init; } = [("http", 7000), ("akka", 4053), ("node-link", 4054), ("management", 8558)];

    /// <summary>As core/v1 has it.</summary>
    public object ToJson() => new
    {
        metadata = new
        {
            name = Name,
            @namespace = Namespace,
            labels = Labels,
            deletionTimestamp = IsTerminating ? "2026-01-01T00:00:00Z" : null,
        },
        spec = new
        {
            containers = new[]
            {
                new
                {
                    name = "kvstore",
                    image = "kvstore",
                    ports = Ports.Select(port => new { name = port.Name, containerPort = port.Number, protocol = "TCP" }),
                },
            },
        },
        status = new
        {
            phase = Phase,
            podIP = Address,
            containerStatuses = new[]
            {
                new
                {
                    name = "kvstore",
                    image = "kvstore",
                    imageID = "",
                    ready = false,
                    restartCount = 0,
                    state = new
                    {
                        running = IsCrashLooping ? null : new { startedAt = "2026-01-01T00:00:00Z" },
                        waiting = IsCrashLooping ? new { reason = "CrashLoopBackOff" } : null,
                    },
                },
            },
        },
    };
}
