using System.Collections.Immutable;

namespace KvStore.Specs.Deploy.Monitoring;

/// <summary>
/// The metrics of a node under their Prometheus names, with their labels and the values that those may have (none listed: any).
/// The labels that Prometheus adds itself (<c>job</c>, <c>namespace</c>, <c>pod</c>) are left out.
/// </summary>
internal static class KnownMetrics
{
    /// <summary>Of what else runs beside the nodes: Prometheus itself and kube-state-metrics.</summary>
    public static readonly ImmutableHashSet<string> OfOthers = ["up", "kube_statefulset_replicas"];

    public static readonly ImmutableHashSet<string> TargetLabels = ["job", "namespace", "pod", "statefulset", "le"];

    private static readonly ImmutableHashSet<string> Histograms =
    [
        "kvstore_request_duration_seconds", "kvstore_commit_duration_seconds", "kvstore_commit_rows", "kvstore_key_load_duration_seconds",
        "kvstore_lease_renewal_duration_seconds",
    ];

    public static readonly ImmutableDictionary<string, ImmutableDictionary<string, ImmutableArray<string>>> Labels =
        ImmutableDictionary.CreateRange(new Dictionary<string, ImmutableDictionary<string, ImmutableArray<string>>>
        {
            ["kvstore_request_duration_seconds"] = With(
                ("operation", ["get", "head", "put", "patch", "delete", "list", "options", "other"]),
                ("outcome", ["ok", "not_found", "not_modified", "conflict", "invalid", "busy", "refused", "unknown", "aborted", "error"]),
                ("route", ["local", "forwarded", "none"])),
            ["kvstore_requests_active"] = With(),
            ["kvstore_request_faults_total"] = With(),
            ["kvstore_request_retries_total"] = With(("reason", ["refused", "silent"])),
            ["kvstore_links_open"] = With(),
            ["kvstore_commit_duration_seconds"] = With(("outcome", ["committed", "failed", "unknown"])),
            ["kvstore_commit_rows"] = With(),
            ["kvstore_settles_total"] = With(("outcome", ["settled", "lost", "failed"])),
            ["kvstore_writer_queued_rows"] = With(),
            ["kvstore_writer_queued_bytes"] = With(),
            ["kvstore_keys_live"] = With(),
            ["kvstore_key_load_duration_seconds"] = With(("outcome", ["loaded", "failed"])),
            ["kvstore_key_passivations_total"] = With(),
            ["kvstore_key_evictions_total"] = With(),
            ["kvstore_leases_held"] = With(),
            ["kvstore_lease_valid"] = With(),
            ["kvstore_lease_renewal_duration_seconds"] = With(("outcome", ["renewed", "failed", "row_gone"])),
            ["kvstore_lease_acquisitions_total"] = With(("from", ["nobody", "other", "self"])),
            ["kvstore_lease_releases_total"] = With(),
            ["kvstore_lease_losses_total"] = With(("reason", ["fenced", "listed_otherwise", "dropped"])),
            ["kvstore_lease_epoch_changes_total"] = With(),
            ["kvstore_cluster_members"] = With(("status", []), ("reachable", [])),
            ["kvstore_dead_letters_total"] = With(("kind", ["request", "other"])),
            ["dotnet_process_cpu_time_seconds_total"] = With(("cpu_mode", [])),
            ["dotnet_process_memory_working_set_bytes"] = With(),
            ["dotnet_gc_pause_time_seconds_total"] = With(),
            ["dotnet_thread_pool_queue_length_total"] = With(),
            ["kestrel_active_connections"] = With(),
        });

    /// <summary>The metric that a name in an expression belongs to: a histogram is three time series.</summary>
    public static string MetricOf(string name) =>
        Histograms.FirstOrDefault(histogram => name == histogram + "_bucket" || name == histogram + "_sum" || name == histogram + "_count") ?? name;

    public static bool IsHistogram(string name) => Histograms.Contains(name);

    private static ImmutableDictionary<string, ImmutableArray<string>> With(params (string Label, ImmutableArray<string> Values)[] labels) =>
        labels.ToImmutableDictionary(label => label.Label, label => label.Values);
}
