CREATE TABLE shell_commands (
    id TEXT PRIMARY KEY,
    command_template TEXT NOT NULL,
    tier INTEGER NOT NULL CHECK (tier IN (1, 2, 3)),
    description TEXT,
    category TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (datetime('now'))
);
INSERT INTO shell_commands (id, command_template, tier, description, category) VALUES
    ('kubectl-get', 'kubectl get {resource} -n {namespace}', 1, 'List resources of a namespace', 'kubectl'),
    ('kubectl-describe', 'kubectl describe {resource} {name} -n {namespace}', 1, 'Show one resource with its events', 'kubectl'),
    ('kubectl-logs', 'kubectl logs {pod} -n {namespace} --tail=200', 1, 'Last lines of a pod''s log', 'kubectl'),
    ('kubectl-events', 'kubectl get events -n {namespace} --sort-by=.lastTimestamp', 1, 'Events of a namespace by time', 'kubectl'),
    ('kubectl-rollout-restart', 'kubectl rollout restart deployment/{name} -n {namespace}', 2, 'Restart a deployment pod by pod', 'kubectl'),
    ('kubectl-scale', 'kubectl scale deployment/{name} --replicas={count} -n {namespace}', 2, 'Change how many pods run', 'kubectl'),
    ('proxmox-vm-list', 'qm list', 1, 'List virtual machines of a node', 'proxmox'),
    ('proxmox-vm-status', 'qm status {vmid}', 1, 'State of one virtual machine', 'proxmox'),
    ('proxmox-container-list', 'pct list', 1, 'List containers of a node', 'proxmox'),
    ('proxmox-cluster-status', 'pvecm status', 1, 'State of the cluster and its quorum', 'proxmox'),
    ('proxmox-vm-start', 'qm start {vmid}', 2, 'Start a virtual machine', 'proxmox'),
    ('general-disk-space', 'df -h', 1, 'Free space by file system', 'general'),
    ('general-memory', 'free -m', 1, 'Memory in use', 'general'),
    ('general-uptime', 'uptime', 1, 'Load averages', 'general'),
    ('general-processes', 'ps aux', 1, 'Running processes', 'general'),
    ('general-service-status', 'systemctl status {unit}', 1, 'State of a service', 'general'),
    ('general-journal', 'journalctl -u {unit} -n 200 --no-pager', 1, 'Last lines of a service''s journal', 'general'),
    ('general-service-restart', 'systemctl restart {unit}', 2, 'Restart a service', 'general');
