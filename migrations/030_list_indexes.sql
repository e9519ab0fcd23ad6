-- What lists sort by and cascades look for. Not unique over (issue_id, step_order): earlier products wrote doubles.
CREATE INDEX idx_issues_created ON issues(created_at);
CREATE INDEX idx_log_files_issue ON log_files(issue_id);
CREATE INDEX idx_log_files_uploaded ON log_files(uploaded_at);
CREATE INDEX idx_image_attachments_issue ON image_attachments(issue_id, upload_hash);
CREATE INDEX idx_ai_conversations_issue ON ai_conversations(issue_id);
CREATE INDEX idx_ai_messages_conversation ON ai_messages(conversation_id);
CREATE INDEX idx_resolution_steps_level ON resolution_steps(issue_id, step_order);
CREATE INDEX idx_documents_issue ON documents(issue_id);
CREATE INDEX idx_mcp_tools_server ON mcp_tools(server_id);
CREATE INDEX idx_command_executions_kubeconfig ON command_executions(kubeconfig_id);
CREATE INDEX idx_audit_log_entity ON audit_log(entity_type, entity_id);
