using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using KvStore.Node.Config;
using KvStore.Specs.Support;

namespace KvStore.Specs.Docs;

/// <summary>The README's commands give the README's output, and its table of settings is the program's.</summary>
public sealed class ReadmeSpecs
{
    private static readonly string[] Readme = File.ReadAllLines(RepositoryRoot.File("README.md"));

    [Fact]
    public async Task The_tour_with_curl_prints_what_the_README_says()
    {
        var clusterPort = FreePorts.Next();
        using var storage = StorageUnderTest.Sqlite();
        await using var node = NodeProcess.Start(new(
            "node1", FreePorts.Next(), clusterPort, [clusterPort], storage, ImmutableDictionary<string, string>.Empty));
        await node.BecomesReadyAsync();
        var tour = Tour().ToList();
        Assert.True(tour.Count > 8, "The tour was not found in the README.");

        foreach (var (command, expected) in tour)
        {
            var address = $"127.0.0.1:{node.Settings.HttpPort}";
            Assert.Equal((command, expected), (command, await RunAsync(command.Replace("localhost:7000", address, StringComparison.Ordinal))));
        }
    }

    [Fact]
    public void The_table_of_settings_names_every_setting_with_its_default()
    {
        var table = Readme.SkipWhile(line => !line.StartsWith("<!-- settings", StringComparison.Ordinal)).Skip(3)
            .TakeWhile(line => line.StartsWith('|')).ToList();

        Assert.Equal(SettingsReader.Describe(new NodeOptions(), NodeOptions.Section).Select(Row).Append(
            $"| `ASPNETCORE_URLS` | `{KvStore.Node.NodeHost.DefaultUrl}` | Where to serve HTTP. |"), table);
    }

    [Fact]
    public void The_files_that_the_README_names_exist()
    {
        var named = Readme.SelectMany(line => line.Split('`').Where((_, i) => i % 2 == 1))
            .Where(text => text.StartsWith("KvStore.", StringComparison.Ordinal) && text.Contains('/', StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(named);
        Assert.All(named, path => Assert.True(File.Exists(RepositoryRoot.File(path)) || Directory.Exists(RepositoryRoot.File(path)), path));
    }

    private static string Row((string Name, object Section, System.Reflection.PropertyInfo Property) setting) =>
        $"| `{setting.Name}` | {HelpText.DefaultOf(setting.Property, setting.Section, "`")} | {HelpText.DescriptionOf(setting.Property)} |";

    private static IEnumerable<(string Command, string Output)> Tour()
    {
        string? command = null;
        var output = new List<string>();
        var isTour = false;
        foreach (var line in Readme)
        {
            if (line.StartsWith("```", StringComparison.Ordinal) || (isTour && line.StartsWith("$ ", StringComparison.Ordinal)))
            {
                if (command is not null)
                {
                    yield return (command, string.Join('\n', output).Trim());
                }

                isTour = line is "```console" || line.StartsWith("$ ", StringComparison.Ordinal);
                command = line.StartsWith("$ ", StringComparison.Ordinal) ? line[2..] : null;
                output.Clear();
            }
            else if (isTour)
            {
                output.Add(line);
            }
        }
    }

    private static async Task<string> RunAsync(string command)
    {
        // Without its progress meter, as in a terminal that curl does not take for one.
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", command.Replace("curl ", "curl -s ", StringComparison.Ordinal)])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return string.Create(CultureInfo.InvariantCulture, $"{output.Trim()}");
    }
}
