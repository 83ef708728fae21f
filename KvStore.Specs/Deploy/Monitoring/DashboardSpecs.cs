using System.Text.Json;
using KvStore.Specs.Deploy.Kubernetes;

namespace KvStore.Specs.Deploy.Monitoring;

public sealed class DashboardSpecs
{
    private static readonly JsonElement Dashboard =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Manifests.Root, "monitoring/kvstore.json"))).RootElement;

    private static readonly JsonElement[] Panels = [.. Dashboard.GetProperty("panels").EnumerateArray()];

    [Fact]
    public void Panels_are_told_apart_and_lie_side_by_side()
    {
        Assert.Distinct(Panels.Select(panel => panel.GetProperty("id").GetInt32()));
        var cells = Panels.SelectMany(panel => Cells(panel.GetProperty("gridPos"))).ToList();

        Assert.Distinct(cells);
        Assert.All(cells, cell => Assert.InRange(cell.X, 0, 23));
    }

    [Fact]
    public void Every_panel_has_a_title_a_unit_and_expressions_for_the_chosen_data_source()
    {
        var shown = Panels.Where(panel => panel.GetProperty("type").GetString() != "row").ToList();

        Assert.True(shown.Count > 20);
        Assert.All(shown, panel =>
        {
            Assert.NotEmpty(panel.GetProperty("title").GetString()!);
            Assert.NotEmpty(panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString()!);
            Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray());
            Assert.All(panel.GetProperty("targets").EnumerateArray(), target =>
                Assert.Equal("${datasource}", target.GetProperty("datasource").GetProperty("uid").GetString()));
        });
    }

    [Fact]
    public void Variables_that_expressions_use_can_be_chosen()
    {
        var offered = Dashboard.GetProperty("templating").GetProperty("list").EnumerateArray()
            .Select(variable => variable.GetProperty("name").GetString()).ToList();
        var used = UsedMetrics.Expressions.SelectMany(used => UsedMetrics.ConditionsIn(used.Expression))
            .Where(condition => condition.Value.StartsWith('$')).Select(condition => condition.Value[1..]).Distinct();

        Assert.Equal(["datasource", "namespace", "pod"], offered);
        Assert.Equal(["namespace", "pod"], used);
    }

    /// <summary>Grafana's sidecar finds it by the label, and each installation may find it under the same address.</summary>
    [Fact]
    public void Grafana_finds_it()
    {
        var kustomization = Manifests.ReadKustomization("monitoring");

        Assert.Equal("kvstore", Dashboard.GetProperty("uid").GetString());
        Assert.Equal(["kvstore.json"], Assert.Single(kustomization.ConfigMapGenerator).Files);
        Assert.Equal("1", kustomization.GeneratorOptions!.Labels["grafana_dashboard"]);
    }

    private static IEnumerable<(int X, int Y)> Cells(JsonElement place)
    {
        var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
        return Enumerable.Range(x, place.GetProperty("w").GetInt32())
            .SelectMany(column => Enumerable.Range(y, place.GetProperty("h").GetInt32()).Select(line => (column, line)));
    }
}
